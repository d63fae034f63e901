// SPDX-License-Identifier: Apache-2.0
// The last minutes of what is measured once a second, of fixed size, for charts.

export const CAPACITY = 300;

export const FIELDS = [
    "readIops", "writeIops", "readBytesPerSecond", "writeBytesPerSecond",
    "readP50Us", "readP99Us", "writeP50Us", "writeP99Us", "queued",
];

/** Samples of one export, oldest first. */
export class Ring {
    #times = new Float64Array(CAPACITY);
    #values = FIELDS.map(() => new Float32Array(CAPACITY));
    #next = 0;
    #size = 0;

    push(atMs, sample) {
        this.#times[this.#next] = atMs / 1000;
        FIELDS.forEach((field, i) => {
            this.#values[i][this.#next] = sample[field] ?? 0;
        });
        this.#next = (this.#next + 1) % CAPACITY;
        this.#size = Math.min(CAPACITY, this.#size + 1);
    }

    get size() {
        return this.#size;
    }

    /** The times in seconds, then one list for each field: what uPlot wants. */
    columns(fields) {
        const sources = [this.#times, ...fields.map((name) => this.#values[FIELDS.indexOf(name)])];
        return sources.map((source) => this.#ordered(source));
    }

    #ordered(source) {
        const start = (this.#next - this.#size + CAPACITY) % CAPACITY;
        return Array.from({length: this.#size}, (_, i) => source[(start + i) % CAPACITY]);
    }
}

/** The sum over all exports; of latencies the worst, of medians the one with most requests. */
export function total(samples) {
    const sum = Object.fromEntries(FIELDS.map((field) => [field, 0]));
    let busiest = -1;
    for (const sample of samples) {
        for (const field of FIELDS) {
            if (field.endsWith("P99Us")) {
                sum[field] = Math.max(sum[field], sample[field]);
            } else if (!field.endsWith("P50Us")) {
                sum[field] += sample[field];
            }
        }
        const requests = sample.readIops + sample.writeIops;
        if (requests > busiest) {
            busiest = requests;
            sum.readP50Us = sample.readP50Us;
            sum.writeP50Us = sample.writeP50Us;
        }
    }
    return sum;
}
