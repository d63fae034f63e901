// SPDX-License-Identifier: Apache-2.0
// Numbers and times for people. Every function is pure; a no-break space joins number and unit.

const SPACE = "\u00a0";
export const NONE = "–";
const SECTOR_BYTES = 512;
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const grouped = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0});

/** Three significant digits, without an exponent: 1.46, 14.6, 146. */
function three(value) {
    if (value >= 100) {
        return grouped.format(value);
    }
    return value.toFixed(value >= 10 ? 1 : 2);
}

export function bytes(count) {
    if (!Number.isFinite(count)) {
        return NONE;
    }
    let value = count;
    let unit = 0;
    while (Math.abs(value) >= 1023.5 && unit < BINARY.length - 1) {
        value /= 1024;
        unit++;
    }
    return (unit === 0 ? grouped.format(value) : three(value)) + SPACE + BINARY[unit];
}

export const sectors = (count) => bytes(count * SECTOR_BYTES);

export const rate = (perSecond) =>
    Number.isFinite(perSecond) ? bytes(perSecond) + "/s" : NONE;

/** A count or a number of requests a second: 9,120, then 12.4 k, 1.20 M. */
export function count(value) {
    if (!Number.isFinite(value)) {
        return NONE;
    }
    if (value < 9999.5) {
        return grouped.format(value);
    }
    return value < 999_500
        ? three(value / 1000) + SPACE + "k"
        : three(value / 1_000_000) + SPACE + "M";
}

/** A latency, given in microseconds; zero is "none measured". */
export function micros(us) {
    if (!Number.isFinite(us) || us <= 0) {
        return NONE;
    }
    if (us < 999.5) {
        return grouped.format(us) + SPACE + "µs";
    }
    return us < 999_500 ? three(us / 1000) + SPACE + "ms" : three(us / 1_000_000) + SPACE + "s";
}

/** A length of time in its two largest units: 45 s, 2 min 5 s, 3 h 20 min, 4 d 2 h. */
export function duration(seconds) {
    if (!Number.isFinite(seconds) || seconds < 0) {
        return NONE;
    }
    const parts = [
        [Math.floor(seconds / 86_400), "d"],
        [Math.floor(seconds / 3600) % 24, "h"],
        [Math.floor(seconds / 60) % 60, "min"],
        [Math.floor(seconds) % 60, "s"],
    ];
    const first = parts.findIndex(([value]) => value > 0);
    if (first < 0) {
        return "0" + SPACE + "s";
    }
    return parts.slice(first, first + 2)
        .filter(([value]) => value > 0)
        .map(([value, unit]) => value + SPACE + unit)
        .join(" ");
}

/** How long ago, in one unit: now, 12 s ago, 3 min ago. */
export function ago(atMs, nowMs) {
    const seconds = Math.floor((nowMs - atMs) / 1000);
    if (!atMs) {
        return NONE;
    }
    if (seconds < 2) {
        return "now";
    }
    const [value, unit] =
        seconds < 100 ? [seconds, "s"]
        : seconds < 6000 ? [Math.round(seconds / 60), "min"]
        : seconds < 172_800 ? [Math.round(seconds / 3600), "h"]
        : [Math.round(seconds / 86_400), "d"];
    return value + SPACE + unit + " ago";
}

const two = (value) => String(value).padStart(2, "0");

/** The local time of day: 14:03:09. */
export function clock(atMs) {
    const at = new Date(atMs);
    return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
}

/** Local date and time with its offset: 2026-11-27 14:03:09 +01:00. */
export function stamp(atMs) {
    if (!atMs) {
        return NONE;
    }
    const at = new Date(atMs);
    const offset = -at.getTimezoneOffset();
    const size = Math.abs(offset);
    return at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate())
        + " " + clock(atMs) + " "
        + (offset < 0 ? "-" : "+") + two(Math.floor(size / 60)) + ":" + two(size % 60);
}

/** A share of a total as 0 to 1; nothing of nothing is nothing. */
export const share = (done, total) => total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;

/** A share as 42.1 %; less than all is never shown as all. */
export function percent(part) {
    const shown = Math.min(part < 1 ? 99.9 : 100, part * 100);
    return shown.toFixed(shown < 100 ? 1 : 0) + SPACE + "%";
}

export const plural = (number, one, many = one + "s") =>
    grouped.format(number) + SPACE + (number === 1 ? one : many);
