// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

/**
 * Lets requests in by the state in force and, while another one is being installed, by that one
 * too: whom the new state shuts out is out from the moment of the request, whom it lets in is in
 * only once it is durable. Owned by the export's loop.
 */
final class Gate {
    private Admission inForce;
    private Admission installing;

    Gate(ExportState state) {
        inForce = new Admission(state);
        installing = inForce;
    }

    /** From now on both must agree. */
    void install(ExportState state) {
        installing = new Admission(state);
    }

    /** The new state is durable and alone in force. */
    void installed() {
        inForce = installing;
    }

    /** The new state could not be stored: the former one is alone in force again. */
    void abandon() {
        installing = inForce;
    }

    boolean answers(long mac) {
        return inForce.answers(mac) && installing.answers(mac);
    }

    boolean servesAta(long mac) {
        return inForce.servesAta(mac) && installing.servesAta(mac);
    }

    boolean mayWrite(long mac) {
        return inForce.mayWrite(mac) && installing.mayWrite(mac);
    }

    boolean belowFloor(long mac, int tag) {
        return inForce.belowFloor(mac, tag) || installing.belowFloor(mac, tag);
    }
}
