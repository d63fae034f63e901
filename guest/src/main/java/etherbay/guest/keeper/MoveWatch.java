// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import etherbay.guest.machine.Hypervisor;

import java.util.List;

/** Who looks on while a guest moves; on the thread that moves it. */
public interface MoveWatch {
    /** Where a move is. */
    enum Step {
        /** The other node makes room. */
        PREPARING,
        /** Memory is sent; the guest runs. */
        SENDING,
        /** The guest stands still; its disk changes hands. */
        SWITCHING,
        /** The last of its memory is sent. */
        FINISHING,
        /** It is decided; the other node lets it run. */
        HANDED
    }

    /** What was looked at before; the move begins if all of it is right. */
    void checked(List<MoveCheck> checks);

    /** A step begins. */
    void at(Step step);

    /** While it is sent. */
    void sent(Hypervisor.Progress progress);

    /** Whether somebody wants it ended; asked until HANDED. */
    boolean isAborted();

    /** Nobody looks, nobody aborts. */
    MoveWatch NOBODY = new MoveWatch() {
        @Override
        public void checked(List<MoveCheck> checks) {}

        @Override
        public void at(Step step) {}

        @Override
        public void sent(Hypervisor.Progress progress) {}

        @Override
        public boolean isAborted() {
            return false;
        }
    };
}
