// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.net.URI;
import java.nio.file.Path;

/**
 * Another node, as the settings have it.
 *
 * @param address {@code https://HOST:PORT}
 * @param file that the certificate was read from
 * @param certificate that it is known by
 */
public record PeerSpec(String name, URI address, Path file, NodeCertificate certificate) {}
