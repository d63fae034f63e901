// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

/**
 * Who asks, as the audit log names it.
 *
 * @param name of the token, or of the user at the other end of the Unix socket; {@code node NAME}
 *     for another node, which no token is called
 * @param isNode whether it is another node, by its certificate
 * @param source {@code unix} or the address that the request came from
 * @param reason that the caller gave for a change, or nothing
 */
public record Caller(String name, Role role, boolean isNode, String source, String reason) {
    /** A person or a program of one. */
    public Caller(String name, Role role, String source, String reason) {
        this(name, role, false, source, reason);
    }

    /** Another node: it sees what a viewer sees, and may ask for what is marked for nodes. */
    public static Caller node(String name, String source, String reason) {
        return new Caller("node " + name, Role.VIEWER, true, source, reason);
    }
}
