// SPDX-License-Identifier: Apache-2.0
/** What stands on a guest's disk when it begins: copied images, cloud images, a Debian. */
@org.jspecify.annotations.NullMarked
package etherbay.guest.image;
