// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.Epoch;
import etherbay.base.MacAddress;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Who may write to one remote disk, as its target sees to it. Asking changes nothing about how the
 * disk is used: see {@link RemoteDisk#source}. Each question is answered once, in a later step of a
 * turn; those that are open when the disk is closed are answered then. On the disk's loop.
 */
public final class Ownership {
    /** How a question ended. */
    public enum Outcome {
        /** In force is what was asked for; asked to look: the disk's present source may write. */
        OURS,
        /** Somebody else holds it. */
        OTHERS,
        /** The target does not know the command. */
        UNSUPPORTED,
        /** No answer in time: it may have happened, or happen still. */
        SILENT
    }

    /**
     * What the target says.
     *
     * @param epoch in force; NONE before the first, and where there are no epochs
     * @param owners the addresses that may write
     */
    public record Answer(Outcome outcome, Epoch epoch, List<MacAddress> owners) {
        static final Answer UNSUPPORTED = new Answer(Outcome.UNSUPPORTED, Epoch.NONE, List.of());
        static final Answer SILENT = new Answer(Outcome.SILENT, Epoch.NONE, List.of());

        public Answer {
            owners = List.copyOf(owners);
        }
    }

    private final RemoteDisk disk;
    private final List<OwnershipQuestion> questions = new ArrayList<>();

    Ownership(RemoteDisk disk) {
        this.disk = disk;
    }

    /** Reads the fence. */
    public void look(long patienceNs, Consumer<Answer> told) {
        ask(FenceRequest.read(disk, patienceNs, told));
    }

    /**
     * Sets the fence: compare-and-set, which takes effect when the epoch is higher than that in
     * force. OURS says that writes from other addresses are refused, and those taken before are
     * done.
     *
     * @param owners at most 32
     */
    public void fence(
            Epoch epoch, List<MacAddress> owners, long patienceNs, Consumer<Answer> told) {
        ask(FenceRequest.set(disk, epoch, owners, patienceNs, told));
    }

    /**
     * Takes the reservation for one address, where a target has no fence, unless somebody else has
     * it. It knows no epochs, and is forgotten by vblade when that starts anew.
     *
     * @param isOurs whether an address on the list may be replaced
     */
    public void reserve(
            MacAddress term, Predicate<MacAddress> isOurs, long patienceNs, Consumer<Answer> told) {
        ask(new ReserveRequest(disk, List.of(term), isOurs, false, patienceNs, told));
    }

    /** Who has reserved the disk: OURS where the list is empty, else OTHERS, whoever they are. */
    public void reservation(long patienceNs, Consumer<Answer> told) {
        ask(new ReserveRequest(disk, List.of(), mac -> false, true, patienceNs, told));
    }

    /** Lets a reservation go that the disk's present source holds. */
    public void release(long patienceNs, Consumer<Answer> told) {
        ask(new ReserveRequest(disk, List.of(), mac -> false, false, patienceNs, told));
    }

    private void ask(OwnershipQuestion question) {
        questions.removeIf(each -> !each.isOpen());
        questions.add(question);
        question.ask();
    }

    void close() {
        List.copyOf(questions).forEach(OwnershipQuestion::stop);
        questions.clear();
    }
}
