// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Loop;
import etherbay.base.Timers;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.DiskStatus.PathStatus;
import etherbay.initiator.RemoteDisk;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Says, in words, when a way to a remote disk falls silent, is back, or is found to lead to another
 * disk. It looks a few times a second: what is shorter costs nobody anything and is not told. Owned
 * by the disk's loop.
 */
final class PathWatch {
    private static final long PERIOD_NS = 200_000_000;

    private final Loop loop;
    private final RemoteDisk disk;
    private final Consumer<String> listener;
    private final Timers.Timer next;

    /** By port and address of the target; as many as the disk has ways. */
    private final Map<String, String> standings = new HashMap<>();

    PathWatch(Loop loop, RemoteDisk disk, Consumer<String> listener) {
        this.loop = loop;
        this.disk = disk;
        this.listener = listener;
        next = loop.timers().timer(this::look);
    }

    /** Compares what is with what was, and looks again later. */
    void look() {
        disk.status().paths().forEach(this::compare);
        next.at(loop.nowNs() + PERIOD_NS);
    }

    private void compare(PathStatus path) {
        String before = standings.put(way(path), path.standing());
        if (before != null && !before.equals(path.standing())) {
            boolean again = path.standing().equals("up");
            listener.accept(text(disk.address(), path, again ? " again" : ""));
        }
    }

    private static String way(PathStatus path) {
        return "by " + path.port() + " to " + path.mac();
    }

    /** How a way stands, and what it has carried. */
    static String text(DiskAddress disk, PathStatus path) {
        return text(disk, path, "");
    }

    private static String text(DiskAddress disk, PathStatus path, String again) {
        return "%s %s is %s%s, %d frames carried"
                .formatted(disk, way(path), path.standing(), again, path.carriedCount());
    }
}
