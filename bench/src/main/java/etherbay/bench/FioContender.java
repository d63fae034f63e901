// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;

/** {@link Fio} on the file that the servers serve, in its turn as one of them. */
record FioContender() implements Contender {
    @Override
    public String name() {
        return Contenders.FIO;
    }

    @Override
    public void measure(Turn turn, Comparison comparison) throws IOException {
        turn.setting().cached().prepare(turn.file());
        for (Point point : turn.setting().points()) {
            String said = Program.run(Fio.command(turn.file().path(), point, turn.seconds()));
            Sample sample = Fio.parse(said, point.write());
            if (sample.result().errors() > 0 || sample.result().requestCount() == 0) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "fio failed on " + turn.file().path(),
                        "error " + sample.result().errors() + " of its job",
                        "see whether the file system knows O_DIRECT, or choose another --folder");
            }
            comparison.add(turn.setting().label(point), name(), sample);
        }
    }
}
