// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Whom {@code --against} names.
 *
 * @param program where it lies, of those that a person brings along
 */
record Rival(String name, Optional<Path> program) {
    static final String NONE = "none";
    private static final String KNOWN = "vblade, reference, ggaoed=PATH, or none";

    /** The rivals of {@code --against A,B=PATH}, each once. */
    static List<Rival> parse(List<String> words) {
        if (words.equals(List.of(NONE))) {
            return List.of();
        }
        return words.stream().map(Rival::parse).distinct().toList();
    }

    private static Rival parse(String word) {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        boolean brought = name.equals(Contenders.GGAOED);
        switch (name) {
            case Contenders.VBLADE, Contenders.REFERENCE, Contenders.GGAOED -> {}
            case NONE -> throw refused(word, "none stands alone");
            default -> throw refused(word, "the bench knows " + KNOWN);
        }
        if (brought != equals > 0) {
            throw refused(
                    word,
                    brought
                            ? "Debian has no package of it, so it must say where it lies"
                            : "the bench starts the one that it installs or builds");
        }
        if (!brought) {
            return new Rival(name, Optional.empty());
        }
        Path program = Path.of(word.substring(equals + 1)).toAbsolutePath();
        if (!Files.isExecutable(program) || Files.isDirectory(program)) {
            throw refused(word, "no program lies there");
        }
        return new Rival(name, Optional.of(program));
    }

    private static EtherbayException refused(String word, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                "cannot measure against '" + word + "'",
                why,
                "--against vblade,reference,ggaoed=PATH with those you want, or --against none");
    }
}
