// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import java.nio.file.Path;

/**
 * What stands on a guest's disk when it begins. Made by programs of the host; an interrupt of the
 * calling thread ends them. A disk that was not finished has part of it. Any thread.
 */
public final class GuestImage {
    private final ImageSource source;
    private final String hostname;
    private final Login login;

    /**
     * @param hostname of the new system; a copied image keeps its own
     * @param login to the new system; a copied image keeps its own
     */
    public GuestImage(ImageSource source, String hostname, Login login) {
        this.source = source;
        this.hostname = hostname;
        this.login = login;
    }

    /** Whether the guest needs a seed, see {@link #writeSeed}. */
    public boolean wantsSeed() {
        return source instanceof ImageSource.Cloud;
    }

    /**
     * Fails as {@link #write} would before it changes the disk: a program that is not installed
     * (ENVIRONMENT, with the package to install), an image that is not there (NOT_FOUND), or does
     * not fit (INVALID, with both sizes).
     */
    public void check(ImageDestination to) {
        switch (source) {
            case ImageSource.Copied(Path file) -> ImageCopy.requireFit(file, to);
            case ImageSource.Cloud(Path file) -> {
                CloudSeed.program();
                ImageCopy.requireFit(file, to);
            }
            case ImageSource.Debian(String suite) ->
                debian(suite, Path.of("/"), (step, percent) -> {}).require(to);
        }
    }

    /** The same as far as that can be told before there is a disk. */
    public void checkSource() {
        check(ImageDestination.file(Path.of("/dev/null"), Long.MAX_VALUE));
    }

    private DebianImage debian(String suite, Path work, ImageProgress progress) {
        return new DebianImage(suite, hostname, login, work, progress);
    }

    /**
     * Writes it, all of it durable when this returns.
     *
     * @param workParent a folder in which another is made meanwhile; with room for a Debian's
     *     packages twice (1 GiB), for copies hardly any
     * @throws etherbay.base.EtherbayException as {@link #check}; ENVIRONMENT when a program fails,
     *     with its words; UNAVAILABLE when it was cancelled
     */
    public void write(ImageDestination to, Path workParent, ImageProgress progress) {
        LongCommand.requireNotCancelled("before it began");
        check(to);
        Path work = LongCommand.workFolder(workParent.toAbsolutePath());
        try {
            switch (source) {
                case ImageSource.Copied(Path file) -> copy(file, to, work, progress);
                case ImageSource.Cloud(Path file) -> copy(file, to, work, progress);
                case ImageSource.Debian(String suite) ->
                    debian(suite, work, progress).write(to);
            }
        } finally {
            LongCommand.forget(work);
        }
    }

    private static void copy(Path file, ImageDestination to, Path work, ImageProgress progress) {
        ImageCopy.copy(file, ImageCopy.requireFit(file, to), to, work, progress, 0);
    }

    /**
     * Makes the read-only disk from which a cloud image sets itself up, for {@code GuestBoot.seed}:
     * host name, key or password of its user, and a file system over all of the disk.
     *
     * @param seed the file, whole or as it was; only its owner may read it, for the password
     * @param id of the guest: with another one the system inside sets itself up again
     */
    public void writeSeed(Path seed, String id) {
        CloudSeed.write(seed, hostname, id, login);
    }
}
