// SPDX-License-Identifier: Apache-2.0
/** The seams ({@code Clock}, {@code EthernetPort}, {@code BlockDevice}) and the loop. */
@org.jspecify.annotations.NullMarked
package etherbay.base;
