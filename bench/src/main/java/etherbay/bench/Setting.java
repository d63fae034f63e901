// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A way to run a server, and what is measured on it. The letters mean the same to us and to vblade.
 *
 * @param name as it stands in the report
 * @param flags of the server
 * @param cached of the file, before each server
 * @param points measured one after the other on one start of the server
 * @param beside who can be measured at it, besides us and vblade
 */
record Setting(
        String name, List<String> flags, Cached cached, List<Point> points, Set<String> beside) {
    static final String DIRECT_FLAG = "-d";

    /** Each point of the bench; reads before writes, which leave dirty pages behind. */
    static final List<Setting> ALL = List.of(
            new Setting(
                    "cached",
                    List.of(),
                    Cached.ALL,
                    joined(List.of(Point.reads(1, 16, 64), Point.longReads(64), Point.writes(64))),
                    Set.of(Contenders.REFERENCE, Contenders.GGAOED, Contenders.CEILING)),
            new Setting(
                    "half cached",
                    List.of(),
                    Cached.HALF,
                    Point.reads(64),
                    Set.of(Contenders.GGAOED)),
            new Setting(
                    "direct",
                    List.of(DIRECT_FLAG),
                    Cached.NOTHING,
                    joined(List.of(Point.reads(1, 16, 64), Point.writes(64))),
                    Set.of(Contenders.FIO, Contenders.GGAOED)),
            new Setting(
                    "write-cache off", List.of("-s"), Cached.ALL, Point.writes(1, 64), Set.of()));

    /** The settings of these names, in our order; an unknown name is refused. */
    static List<Setting> named(List<String> names) {
        for (String name : names) {
            if (ALL.stream().noneMatch(one -> one.name().equals(name))) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "there is no setting '" + name + "'",
                        "the settings are "
                                + ALL.stream().map(Setting::name).collect(Collectors.joining(", ")),
                        "./dev bench target --settings cached,\"write-cache off\"");
            }
        }
        return ALL.stream().filter(one -> names.contains(one.name())).toList();
    }

    /** How one of its points stands in the report. */
    String label(Point point) {
        return name + ", " + point.name();
    }

    boolean direct() {
        return flags.contains(DIRECT_FLAG);
    }

    private static List<Point> joined(List<List<Point>> lists) {
        return lists.stream().flatMap(List::stream).toList();
    }
}
