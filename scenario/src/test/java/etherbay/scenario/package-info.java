// SPDX-License-Identifier: Apache-2.0
/** The whole stack on simulated time, and the rules that all our sources keep. */
@org.jspecify.annotations.NullMarked
package etherbay.scenario;
