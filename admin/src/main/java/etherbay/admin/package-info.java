// SPDX-License-Identifier: Apache-2.0
/** What a node reports, what can be asked of it, and the server that is asked. */
@org.jspecify.annotations.NullMarked
package etherbay.admin;
