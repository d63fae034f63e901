// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.HostCommand;

import io.avaje.jsonb.Jsonb;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Copies an image file to a disk by qemu-img. Any thread. */
final class ImageCopy {
    private static final Pattern PERCENT = Pattern.compile("\\((\\d+)(?:\\.\\d+)?/100%\\)");
    private static final List<String> FORMATS = List.of("raw", "qcow2");

    /** What qemu-img says of an image. */
    record Info(String format, long bytes, boolean whole) {}

    private ImageCopy() {}

    static String program() {
        return HostCommand.require("qemu-img", "qemu-utils").toString();
    }

    static Info info(Path file) {
        if (!Files.isReadable(file)) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "no image " + file,
                    Files.exists(file) ? "you may not read it" : "there is no such file",
                    "give the path of a raw or qcow2 image");
        }
        String said = HostCommand.runOrThrow(
                        Path.of("/"),
                        List.of(
                                program(),
                                "info",
                                "--output=json",
                                file.toAbsolutePath().toString()),
                        "give a raw or qcow2 image")
                .text();
        return parse(said);
    }

    static Info parse(String json) {
        Object read = Jsonb.builder().build().type(Object.class).fromJson(json);
        Map<?, ?> map = read instanceof Map<?, ?> object ? object : Map.of();
        boolean whole = !map.containsKey("backing-filename");
        if (map.get("format-specific") instanceof Map<?, ?> specific
                && specific.get("data") instanceof Map<?, ?> data) {
            whole &= !data.containsKey("data-file");
        }
        return new Info(
                String.valueOf(map.get("format")),
                map.get("virtual-size") instanceof Number bytes ? bytes.longValue() : 0,
                whole);
    }

    /** @throws EtherbayException INVALID for an image that is not to be copied there */
    static Info requireFit(Path file, ImageDestination to) {
        Info info = info(file);
        if (!FORMATS.contains(info.format)) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    file + " is an image of kind " + info.format,
                    "raw and qcow2 are taken here",
                    "qemu-img convert -O qcow2 " + file + " NEW");
        }
        if (!info.whole) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    file + " is no whole image",
                    "it names another file of this machine that has the rest, and such a name"
                            + " may lead anywhere",
                    "qemu-img convert -O qcow2 " + file + " NEW, if you trust it");
        }
        if (info.bytes > to.bytes()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    file + " does not fit the disk",
                    "the image has " + info.bytes + " bytes, the disk " + to.bytes(),
                    "give a disk of at least " + ((info.bytes >> 20) + 1) + " MiB");
        }
        return info;
    }

    /**
     * @param work for its output
     * @param fromPercent of all, at which this begins; it ends at 100
     */
    static void copy(
            Path file,
            Info info,
            ImageDestination to,
            Path work,
            ImageProgress progress,
            int fromPercent) {
        progress.at("copying", fromPercent);
        // Not its default, which never flushes. What is zero is written as zeros.
        List<String> command = List.of(
                program(),
                "convert",
                "-n",
                "-p",
                "-W",
                "-t",
                "writeback",
                "-f",
                info.format,
                "-O",
                "raw",
                file.toAbsolutePath().toString(),
                to.name());
        LongCommand.run(
                work,
                command,
                said -> progress.at(
                        "copying", fromPercent + percent(said) * (100 - fromPercent) / 100),
                "see that the disk is served and writable");
        progress.at("copied", 100);
    }

    /** Of the last of {@code (12.50/100%)} in a text; 0 for none. */
    static int percent(String said) {
        Matcher matcher = PERCENT.matcher(said);
        int percent = 0;
        while (matcher.find()) {
            percent = Integer.parseInt(matcher.group(1));
        }
        return percent;
    }
}
