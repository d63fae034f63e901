// SPDX-License-Identifier: Apache-2.0
/** Real programs against us and around us; run by {@code ./dev systest}. */
@org.jspecify.annotations.NullMarked
package etherbay.systest;
