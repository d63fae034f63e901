// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestDisks.Standing;
import etherbay.guest.keeper.GuestDisks.Take;

import java.util.Optional;

/**
 * A guest whose node is gone is started here anew. Two epochs are taken for it, one right after the
 * other: one alone may be a move's that was given up, under which nothing has run; by the second
 * everybody knows that something may have. Its memory, should some be here, is of another time than
 * the disk.
 */
final class Recovery {
    /** A node that lives takes back a disk that it lost to a move, once. */
    private static final int TRIES_MAX = 5;

    private final KeptGuest guest;
    private final KeeperParts parts;

    Recovery(KeptGuest guest) {
        this.guest = guest;
        this.parts = guest.parts;
    }

    /**
     * @throws EtherbayException when the disk cannot be had: all is then as it was, or, when it was
     *     had once, the recovery goes on
     */
    void recover(boolean force) {
        GuestRecord before = guest.record();
        parts.hypervisor().kill(guest.name());
        guest.save(before.in(Phase.RECOVERING));
        try {
            takeTwice(new Take(Long.MAX_VALUE, true, force));
        } catch (EtherbayException refused) {
            if (guest.record().epoch() == before.epoch()) {
                closeDisk();
                guest.save(before);
            }
            throw refused;
        }
    }

    /**
     * After a restart.
     *
     * @param holder another node that answers and says that it has the guest
     */
    void goOn(Optional<String> holder) {
        if (holder.isEmpty()) {
            takeTwice(new Take(Long.MAX_VALUE, true, false));
            return;
        }
        try {
            // Not from one who has it: only what was begun is ended.
            takeTwice(new Take(Long.MAX_VALUE, false, false));
        } catch (EtherbayException refused) {
            if (refused.code() != ErrorCode.CONFLICT) {
                throw refused;
            }
            guest.yieldTo(holder.get(), guest.record().epoch(), "", "it has it: " + refused.why());
        }
    }

    private void takeTwice(Take how) {
        long first;
        int tries = 0;
        do {
            closeDisk();
            guest.take(how);
            first = guest.record().epoch();
            closeDisk();
            guest.take(how);
            if (++tries > TRIES_MAX) {
                throw new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "guest " + guest.name() + " is not recovered",
                        "another node takes its disk back again and again: it lives",
                        "see which it is: etherbay mirror detail "
                                + guest.disk().mirror());
            }
        } while (guest.record().epoch() != first + 1);
        guest.save(guest.record().in(Phase.HERE).wanting(Wanted.RUNNING).moving("", ""));
        guest.run();
        guest.well();
    }

    private void closeDisk() {
        if (parts.disks().standing(guest.disk()) != Standing.CLOSED) {
            parts.disks().close(guest.disk());
        }
    }
}
