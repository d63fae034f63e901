// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

/** Whether a server speaks TLS. */
public enum TlsMode {
    /** STARTTLS is refused. */
    OFF,
    /** As the client likes. */
    ALLOW,
    /** Nothing is told or served without. */
    REQUIRE
}
