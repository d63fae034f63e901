// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

/**
 * Something that happened.
 *
 * @param id grows by one; also over restarts
 * @param severity "info", "warning", "error"
 * @param code stable, for scripts
 * @param object what it is about: {@code mirror vm1}
 */
public record Event(long id, long atMs, String severity, String code, String object, String text) {}
