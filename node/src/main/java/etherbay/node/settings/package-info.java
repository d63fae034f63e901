// SPDX-License-Identifier: Apache-2.0
/** The settings file of a node: read, checked as a whole, explained, and written again. */
@org.jspecify.annotations.NullMarked
package etherbay.node.settings;
