// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.mirror.LegReader;
import etherbay.mirror.MirrorDetail;
import etherbay.mirror.Part;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Looks, every few seconds and on a thread of its own, for legs that a mirror lacks: on the
 * segments where none were named, and for those that were left behind when it was assembled anew.
 * One that is removed by a person is none of them. What is done with legs is done one at a time:
 * under the mirror's monitor.
 */
final class LegLookout {
    private static final long LOOK_MS = 5_000;
    private static final long DISCOVER_NS = 500_000_000;
    private static final int TRIES = 12; // then a person has to see to it: mirror add

    private final AttachedMirror mirror;
    private final MirrorLegs legs;
    private final boolean searches;

    /** Those left behind, and how often they may still be refused; by the mirror's monitor. */
    private final Map<String, Integer> left = new TreeMap<>();

    private @Nullable Thread thread;
    private volatile boolean stopping;

    /** @param searches whether it looks on the segments */
    LegLookout(AttachedMirror mirror, MirrorLegs legs, boolean searches) {
        this.mirror = mirror;
        this.legs = legs;
        this.searches = searches;
    }

    void start() {
        thread = Thread.ofVirtual().name("etherbay-legs").start(this::look);
    }

    /** It looks no more when this returns. */
    void stop() throws InterruptedException {
        stopping = true;
        Thread looker = thread;
        if (looker != null) {
            looker.interrupt();
            looker.join();
        }
    }

    /** The mirror was assembled anew of those of these legs that it has now. */
    void leftBehind(List<String> named, MirrorDetail now) {
        synchronized (mirror) {
            left.clear();
            named.forEach(name -> left.put(name, TRIES));
            now.legs().forEach(leg -> left.remove(leg.name()));
        }
    }

    private void look() {
        while (!stopping) {
            try {
                Thread.sleep(LOOK_MS);
                MirrorDetail now = mirror.detail();
                long present =
                        now.legs().stream().filter(leg -> leg.slot() >= 0).count();
                if (present < now.legCount() && !stopping) {
                    takeIn(now);
                }
            } catch (InterruptedException stopped) {
                return;
            }
        }
    }

    private void takeIn(MirrorDetail now) {
        synchronized (mirror) {
            if (searches) {
                search(now);
            }
            now.legs().forEach(leg -> left.remove(leg.name()));
            for (String name : List.copyOf(left.keySet())) {
                legs.answering(name).ifPresent(part -> {
                    left.computeIfPresent(name, (_, tries) -> tries > 1 ? tries - 1 : null);
                    mirror.takeIn(part);
                });
            }
        }
    }

    private void search(MirrorDetail now) {
        List<String> known =
                now.legs().stream().map(MirrorDetail.LegDetail::name).toList();
        for (Part part : legs.discover(DISCOVER_NS)) {
            LegReader.Found found = legs.read(part).found();
            boolean ours =
                    found != null && found.reading().superblock().arrayId().equals(now.arrayId());
            if (ours) {
                mirror.takeIn(part);
            } else if (!known.contains(part.name())) {
                legs.leave(part.name());
            }
        }
    }
}
