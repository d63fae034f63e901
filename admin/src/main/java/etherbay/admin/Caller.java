// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

/**
 * Who asks, as the audit log names it.
 *
 * @param name of the token, or of the user at the other end of the Unix socket
 * @param source {@code unix} or the address that the request came from
 * @param reason that the caller gave for a change, or nothing
 */
public record Caller(String name, Role role, String source, String reason) {}
