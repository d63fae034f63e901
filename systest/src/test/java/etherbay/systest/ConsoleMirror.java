// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.admin.NodeReport.Leg;
import etherbay.admin.NodeReport.Mirror;
import etherbay.admin.NodeReport.Progress;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The mirror of a {@link ConsoleNode} that things happen to. A pass over it lasts 20 s. */
final class ConsoleMirror {
    static final long SECTORS = 2L * 20 * 1024 * 1024;
    private static final long BYTES = 512 * SECTORS;
    private static final long PASS_MS = 20_000;

    private final List<Leg> legs = new ArrayList<>();
    private String pass = "";
    private long passSinceMs;

    ConsoleMirror() {
        makeWhole();
    }

    synchronized void makeWhole() {
        pass = "";
        legs.clear();
        long sinceMs = System.currentTimeMillis() - 7_200_000;
        legs.add(new Leg("e1.0", 0, "in sync", "", sinceMs, "bay2"));
        legs.add(new Leg("e2.0", 1, "in sync", "", sinceMs, "bay3"));
    }

    synchronized void fail(String name, String why) {
        begin("");
        stand(name, "faulty", why);
    }

    synchronized void fill(String name) {
        stand(name, "recovering", "gets what it lacks");
        begin("recover");
    }

    synchronized void remove(String name) {
        legs.removeIf(leg -> leg.name().equals(name));
    }

    /** Begins a pass, or ends the one under way. */
    synchronized void begin(String what) {
        pass = what;
        passSinceMs = System.currentTimeMillis();
    }

    private void stand(String name, String standing, String why) {
        Leg now = new Leg(name, 1, standing, why, System.currentTimeMillis(), "bay3");
        int at = Stream.iterate(0, i -> i < legs.size(), i -> i + 1)
                .filter(i -> legs.get(i).name().equals(name))
                .findFirst()
                .orElse(-1);
        if (at < 0) {
            legs.add(now);
        } else {
            legs.set(at, now);
        }
    }

    synchronized Mirror report(long nowMs) {
        if (!pass.isEmpty() && nowMs - passSinceMs >= PASS_MS) {
            if (pass.equals("recover")) {
                legs.replaceAll(leg -> leg.standing().equals("recovering")
                        ? new Leg(leg.name(), leg.slot(), "in sync", "", nowMs, leg.host())
                        : leg);
            }
            begin("");
        }
        int inSync = (int)
                legs.stream().filter(leg -> leg.standing().equals("in sync")).count();
        return new Mirror(
                "web",
                "applied",
                (inSync < 2 ? "active, degraded" : "clean") + (pass.isEmpty() ? "" : ", " + pass),
                SECTORS,
                2,
                inSync,
                inSync < 2 ? BYTES / 40 : 0,
                "18",
                "bay1",
                true,
                List.copyOf(legs),
                pass.isEmpty() ? null : progress(nowMs),
                "unix:web.sock",
                null);
    }

    private Progress progress(long nowMs) {
        long elapsedMs = Math.max(0, nowMs - passSinceMs);
        return new Progress(
                pass,
                BYTES / PASS_MS * elapsedMs,
                BYTES,
                BYTES / PASS_MS * 1000,
                (PASS_MS - elapsedMs) / 1000);
    }
}
