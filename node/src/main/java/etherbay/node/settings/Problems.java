// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;
import org.tomlj.TomlPosition;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Collects what is wrong while a file is read, so that a person meets all of it at once. */
final class Problems {
    private static final TomlPosition START = TomlPosition.positionAt(1, 1);

    private final String file;
    private final List<Problem> found = new ArrayList<>();

    /**
     * @param file that is read, as people know it
     */
    Problems(String file) {
        this.file = file;
    }

    String file() {
        return file;
    }

    /**
     * @param at where it stands; nothing for what belongs to the file as a whole
     */
    void add(@Nullable TomlPosition at, String what, String why, String correction) {
        TomlPosition position = at == null ? START : at;
        found.add(new Problem(position.line(), position.column(), what, why, correction));
    }

    void add(@Nullable TomlPosition at, EtherbayException refused) {
        add(at, String.valueOf(refused.getMessage()), refused.why(), refused.correction());
    }

    boolean none() {
        return found.isEmpty();
    }

    List<Problem> sorted() {
        return found.stream().sorted(Problem.BY_POSITION).toList();
    }

    /** Names for people: {@code a, b or c}. */
    static String oneOf(Collection<String> names) {
        List<String> all = List.copyOf(names);
        int last = all.size() - 1;
        return last < 1
                ? String.join("", all)
                : String.join(", ", all.subList(0, last)) + " or " + all.get(last);
    }
}
