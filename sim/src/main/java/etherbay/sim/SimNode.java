// SPDX-License-Identifier: Apache-2.0
package etherbay.sim;

import etherbay.base.Idler;
import etherbay.base.Loop;
import etherbay.base.Prng;

import java.util.ArrayList;
import java.util.List;

/**
 * A simulated process: one {@link Loop}, turned by the simulation a moment after something arrived
 * for it and when a deadline is due. It ends by {@link #kill} or {@link #powerCut} at any instant
 * between two turns; a restart is a new node on the same media.
 */
public final class SimNode {
    /** What shares the fate of a node: its ports, open disks and state stores. */
    public interface Part {
        /** The process is gone from one instant to the next; the machine goes on. */
        default void killed() {}

        /** The machine is gone. What was not yet on a medium may be lost. */
        default void powerCut() {
            killed();
        }
    }

    private static final class NoSleep implements Idler {
        @Override
        public void idle(long timeoutNs) {
            throw new AssertionError("a simulated loop is turned by hand and never sleeps");
        }

        @Override
        public void wakeUp() {}
    }

    private final Simulation simulation;
    private final String name;
    private final Loop loop;
    private final Prng prng;
    private final List<Part> parts = new ArrayList<>();
    private boolean alive = true;
    private int turnDelayNsMin = 500;
    private int turnDelayNsMax = 20_000;
    private long pausedUntilNs;
    private long turnAtNs = Long.MAX_VALUE;
    private long arrivedNs;

    SimNode(Simulation simulation, String name) {
        this.simulation = simulation;
        this.name = name;
        prng = simulation.prng().fork();
        loop = new Loop(name, simulation.clock(), new NoSleep(), 0);
    }

    public String name() {
        return name;
    }

    public Loop loop() {
        return loop;
    }

    public Simulation simulation() {
        return simulation;
    }

    public boolean alive() {
        return alive;
    }

    /** How long after an arrival the loop turns, and the least between two turns. */
    public void turnDelayNs(int minNs, int maxNs) {
        turnDelayNsMin = minNs;
        turnDelayNsMax = maxNs;
    }

    /** No turn before then: a process that the machine does not schedule. */
    public void pauseUntil(long whenNs) {
        pausedUntilNs = whenNs;
        simulation.mark("node paused");
        wake();
    }

    /** Joins the fate of this node. */
    public void attach(Part part) {
        parts.add(part);
    }

    /** Something is there for the loop: it turns soon. */
    public void wake() {
        if (turnAtNs - simulation.nowNs() > turnDelayNsMax) {
            turnBy(simulation.nowNs() + prng.between(turnDelayNsMin, turnDelayNsMax));
        }
    }

    /** Leaves a message in the loop's mailbox, and has it turn. */
    public void tell(Runnable message) {
        if (!loop.mailbox().offer(message)) {
            throw new AssertionError("the mailbox of " + name + " is full");
        }
        wake();
    }

    /** Ends the process; the machine and its page cache go on. */
    public void kill() {
        end("node killed");
        for (Part part : parts) {
            part.killed();
        }
    }

    /** Ends the machine. */
    public void powerCut() {
        end("node power cut");
        for (Part part : parts) {
            part.powerCut();
        }
    }

    private void end(String how) {
        simulation.mark(how);
        simulation.trace(how, name.hashCode(), 0);
        alive = false;
        simulation.left(this);
    }

    void wakeForMessages() {
        if (!loop.mailbox().isEmpty()) {
            wake();
        }
    }

    /** A time for an arrival now: of all ports of a node no two frames have the same one. */
    boolean arrivalIsFirstOfItsInstant() {
        if (arrivedNs == simulation.nowNs()) {
            return false;
        }
        arrivedNs = simulation.nowNs();
        return true;
    }

    private void turnBy(long whenNs) {
        long atNs = Math.max(whenNs, pausedUntilNs);
        if (alive && atNs < turnAtNs) {
            turnAtNs = atNs;
            simulation.at(atNs, () -> turn(atNs));
        }
    }

    private void turn(long scheduledNs) {
        if (!alive || scheduledNs != turnAtNs) {
            return; // an earlier turn was wanted since, and took place
        }
        turnAtNs = Long.MAX_VALUE;
        long nowNs = simulation.nowNs();
        if (nowNs < pausedUntilNs) {
            turnBy(pausedUntilNs);
            return;
        }
        int work = loop.turn(nowNs);
        if (!alive) {
            return; // the turn itself met its end
        }
        if (work > 0) {
            wake();
        }
        long deadlineNs = loop.nextDeadlineNs();
        if (deadlineNs != Long.MAX_VALUE) {
            turnBy(Math.max(deadlineNs, nowNs + turnDelayNsMin));
        }
    }
}
