// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

import java.util.List;

/** A volume as it is named on a command line: {@code VG LV}, {@code VG/LV}, {@code /dev/VG/LV}. */
record VolumeName(String group, String volume) {
    private static final String DEV = "/dev/";

    /** Of all the parameters of a command. */
    static VolumeName of(CommandSpec spec, List<String> words) {
        List<String> parts = parts(words);
        if (parts.size() != 2) {
            throw new ParameterException(
                    spec.commandLine(),
                    "Name a volume as VG LV or VG/LV, not: " + String.join(" ", words));
        }
        return new VolumeName(parts.getFirst(), parts.getLast());
    }

    /** The names in it, where a group alone may be named as well. */
    static List<String> parts(List<String> words) {
        return words.stream()
                .map(word -> word.startsWith(DEV) ? word.substring(DEV.length()) : word)
                .flatMap(word -> List.of(word.split("/", 2)).stream())
                .toList();
    }

    @Override
    public String toString() {
        return group + "/" + volume;
    }
}
