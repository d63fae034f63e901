// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Loop;
import etherbay.base.Timers;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.DiskStatus.PathStatus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Says, in words, when a way to a remote disk falls silent, is back, or is found to lead to another
 * disk. It looks a few times a second and tells what it found twice in a row: what is shorter costs
 * nobody anything and is not told. Owned by the disk's loop.
 */
final class PathWatch {
    private static final long PERIOD_NS = 200_000_000;

    /** Of one way: what was said of it, and what was seen at the last look. */
    private record Standing(String told, String seen) {}

    private final Loop loop;
    private final DiskAddress disk;
    private final Supplier<List<PathStatus>> paths;
    private final Consumer<String> listener;
    private final Timers.Timer next;

    /** By port and address of the target; as many as the disk has ways. */
    private final Map<String, Standing> standings = new HashMap<>();

    PathWatch(
            Loop loop,
            DiskAddress disk,
            Supplier<List<PathStatus>> paths,
            Consumer<String> listener) {
        this.loop = loop;
        this.disk = disk;
        this.paths = paths;
        this.listener = listener;
        next = loop.timers().timer(this::look);
    }

    /** Compares what is with what was, and looks again later. */
    void look() {
        paths.get().forEach(this::compare);
        next.at(loop.nowNs() + PERIOD_NS);
    }

    private void compare(PathStatus path) {
        String now = path.standing();
        Standing before = standings.getOrDefault(way(path), new Standing(now, now));
        boolean lasts = now.equals(before.seen());
        if (lasts && !now.equals(before.told())) {
            listener.accept(text(path, now, now.equals("up") ? " again" : ""));
        }
        standings.put(way(path), new Standing(lasts ? now : before.told(), now));
    }

    private static String way(PathStatus path) {
        return "by " + path.port() + " to " + path.mac();
    }

    /** Says of each way how it stands, as was said last, and what it carried. */
    void tellAll() {
        for (PathStatus path : paths.get()) {
            Standing known = standings.get(way(path));
            listener.accept(text(path, known == null ? path.standing() : known.told(), ""));
        }
    }

    private String text(PathStatus path, String standing, String again) {
        return "%s %s is %s%s, %d frames carried"
                .formatted(disk, way(path), standing, again, path.carriedCount());
    }
}
