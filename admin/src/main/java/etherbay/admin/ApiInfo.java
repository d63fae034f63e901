// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.util.List;

/**
 * What a client asks first.
 *
 * @param health in a word
 * @param role of the caller: "viewer", "operator", "admin", "node"
 */
public record ApiInfo(
        String product,
        String name,
        String version,
        String health,
        List<String> apiVersions,
        String role) {}
