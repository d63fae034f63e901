// SPDX-License-Identifier: Apache-2.0
package etherbay.mirror;

import etherbay.mirror.Assembly.Absent;
import etherbay.mirror.Assembly.InSync;
import etherbay.mirror.Assembly.Leg;
import etherbay.mirror.Assembly.Recovering;
import etherbay.mirror.Assembly.Spare;
import etherbay.mirror.Assembly.Standing;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Who sits where: those that the freshest lists where it says, the others where there is room. */
final class Seats {
    private final View freshest;
    private final List<View> present;
    private final Map<View, Integer> slots = new HashMap<>();
    private final Map<View, Integer> numbers = new HashMap<>();
    private final Set<Integer> slotsTaken = new HashSet<>();

    Seats(View freshest, List<View> present) {
        this.freshest = freshest;
        this.present = present;
    }

    List<Leg> legs(Function<View, Standing> standings) {
        Map<View, Standing> standing = new HashMap<>();
        present.forEach(view -> standing.put(view, standings.apply(view)));
        List<View> order = present.stream()
                .sorted(Comparator.comparingInt((View view) -> rank(view, standing.get(view))))
                .toList();
        order.forEach(view -> seat(view, standing.get(view)));
        return present.stream()
                .map(view -> new Leg(
                        view.leg(),
                        numbers.getOrDefault(view, 0),
                        slots.getOrDefault(view, Superblock.SPARE),
                        slots.containsKey(view) ? standing.get(view) : new Spare()))
                .toList();
    }

    private int rank(View view, Standing standing) {
        return switch (standing) {
            case InSync() -> 0;
            case Recovering recovering -> freshest.lists(view) ? 1 : 2;
            case Spare() -> 3;
        };
    }

    private void seat(View view, Standing standing) {
        int own = view.superblock().deviceNumber();
        boolean free =
                !numbers.containsValue(own) && (freshest.lists(view) || !freshest.lists(own));
        numbers.put(view, free ? own : newNumber());
        if (standing instanceof Spare) {
            return;
        }
        int wanted = view.superblock().role();
        OptionalInt slot = IntStream.concat(
                        IntStream.of(wanted),
                        IntStream.range(0, freshest.superblock().legCount()))
                .filter(at -> at < freshest.superblock().legCount())
                .filter(at -> !slotsTaken.contains(at))
                .findFirst();
        slot.ifPresent(at -> {
            slots.put(view, at);
            slotsTaken.add(at);
        });
    }

    private int newNumber() {
        NavigableSet<Integer> taken = numbersTaken();
        return IntStream.iterate(freshest.superblock().legCount(), number -> number + 1)
                .filter(number -> !taken.contains(number))
                .findFirst()
                .orElseThrow();
    }

    /** Those of legs that are out too: given anew, an old leg would pass for the new one. */
    NavigableSet<Integer> numbersTaken() {
        NavigableSet<Integer> taken = new TreeSet<>(numbers.values());
        present.forEach(view -> {
            taken.add(view.superblock().deviceNumber());
            view.numbers().forEach(taken::add);
        });
        IntStream.range(0, freshest.superblock().roles().size())
                .filter(number -> freshest.role(number) == Superblock.FAULTY)
                .forEach(taken::add);
        return taken;
    }

    List<Absent> absent() {
        return IntStream.range(0, freshest.superblock().legCount())
                .filter(slot -> !slotsTaken.contains(slot))
                .mapToObj(slot -> new Absent(
                        slot,
                        freshest.numbers()
                                .filter(number -> freshest.role(number) == slot)
                                .boxed()
                                .findFirst()))
                .toList();
    }
}
