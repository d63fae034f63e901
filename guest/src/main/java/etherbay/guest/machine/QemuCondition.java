// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.guest.machine.Hypervisor.Condition;

import java.util.Set;

/**
 * What QEMU says of a guest, as a {@link Condition}. All of it is asked of QEMU, so that it is the
 * same after a restart of the one who asks.
 *
 * @param runState of {@code query-status}
 * @param migration of {@code query-migrate}; empty when there has been none
 * @param neverPaused {@code late-block-activate}: set for a guest that is received, taken back when
 *     it is paused or sent. It tells one that has just come from one that was paused later
 */
record QemuCondition(String runState, String migration, boolean neverPaused) {
    private static final Set<String> ENDED = Set.of("", "none", "completed", "cancelled", "failed");

    Condition condition() {
        return switch (runState) {
            // Here with the rest of its memory still to come, it runs as any.
            case "running" ->
                sends() && !migration.startsWith("postcopy")
                        ? Condition.LEAVING
                        : Condition.RUNNING;
            case "inmigrate" -> Condition.INCOMING;
            case "paused", "prelaunch", "suspended", "debug", "save-vm", "restore-vm" ->
                neverPaused && (migration.equals("completed") || migration.startsWith("postcopy"))
                        ? Condition.LOADED
                        : Condition.PAUSED;
            case "finish-migrate" -> finishing();
            case "postmigrate" -> migration.equals("completed") ? Condition.SENT : Condition.PAUSED;
            case "shutdown" -> Condition.OFF;
            default -> Condition.BROKEN; // guest-panicked, internal-error, io-error, watchdog
        };
    }

    /** Whether memory is on its way from here. */
    boolean sends() {
        return !ENDED.contains(migration);
    }

    /** Its processors have just been stopped, or are about to run again: it may run. */
    private Condition finishing() {
        return switch (migration) {
            case "pre-switchover", "device", "postcopy-active", "completed" -> Condition.SWITCHING;
            default -> Condition.LEAVING;
        };
    }

    /** What is broken may be so by its disk only: then it can go on. */
    boolean diskFailed() {
        return runState.equals("io-error");
    }
}
