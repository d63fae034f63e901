// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

/**
 * Something that a guest needs of a machine, as a row of a table.
 *
 * @param what {@code memory}, {@code bridge:br0}
 * @param wanted by the guest
 * @param here what this machine has, in words
 * @param correction what a person does where that is not enough; empty where it is
 */
public record Need(String what, String wanted, String here, String correction) {
    static Need met(String what, String wanted, String here) {
        return new Need(what, wanted, here, "");
    }

    public boolean isMet() {
        return correction.isEmpty();
    }
}
