// SPDX-License-Identifier: Apache-2.0
/** The command line: {@code etherbay NOUN VERB}. */
@org.jspecify.annotations.NullMarked
package etherbay.cli;
