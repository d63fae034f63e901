// SPDX-License-Identifier: Apache-2.0
/** Tests of the load generator and of what the runs compute. */
@org.jspecify.annotations.NullMarked
package etherbay.bench;
