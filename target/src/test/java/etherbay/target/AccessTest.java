// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.target.AccessRules.Right;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

class AccessTest {
    private static final MacAddress A = new MacAddress(0x0200_0000_000aL);
    private static final MacAddress B = new MacAddress(0x0200_0000_000bL);
    private static final MacAddress C = new MacAddress(0x0200_0000_000cL);
    private static final int ALL =
            Access.ADMITTED | Access.DISCOVER | Access.CONFIG | Access.READ | Access.WRITE;

    @Test
    void openRulesLetEverybodyDoEverything() {
        Access access = new Access(AccessRules.open());
        assertThat(access.rights(A.bits())).isEqualTo(ALL);
        assertThat(access.discoveredByOthers()).isTrue();
        assertThat(access.discoverers()).isEmpty();
    }

    @Test
    void denyComesBeforeAcceptAndAcceptBeforeThePolicy() {
        Access closed = access(List.of(A), List.of(A, B), false, Map.of());
        assertThat(closed.rights(A.bits())).isZero();
        assertThat(closed.rights(B.bits())).isEqualTo(ALL);
        assertThat(closed.rights(C.bits())).isZero();
        assertThat(closed.discoverers()).containsExactly(B);
        Access open = access(List.of(A), List.of(), true, Map.of());
        assertThat(open.rights(A.bits())).isZero();
        assertThat(open.rights(C.bits())).isEqualTo(ALL);
    }

    @Test
    void aRightWithAListIsOfThoseOnItAndOneWithoutIsEverybodys() {
        Access access = access(List.of(), List.of(), true, Map.of(Right.WRITE, List.of(A)));
        assertThat(access.rights(A.bits())).isEqualTo(ALL);
        assertThat(access.rights(B.bits())).isEqualTo(ALL & ~Access.WRITE);
        assertThat(access.discoveredByOthers()).isTrue();
    }

    @Test
    void anEmptyListIsNobodys() {
        Access access = access(List.of(), List.of(), true, Map.of(Right.READ, List.of()));
        assertThat(access.rights(A.bits())).isEqualTo(ALL & ~Access.READ);
    }

    @Test
    void rightsMeanNothingForThoseWhoAreNotLetIn() {
        Map<Right, List<MacAddress>> rights = Map.of(Right.WRITE, List.of(A, B, C));
        Access access = access(List.of(C), List.of(A, C), false, rights);
        assertThat(access.rights(A.bits())).isEqualTo(ALL);
        assertThat(access.rights(B.bits())).isZero();
        assertThat(access.rights(C.bits())).isZero();
    }

    @Test
    void whoIsInWithoutAnyRightIsStillAdmitted() {
        Map<Right, List<MacAddress>> rights = Map.of(
                Right.DISCOVER, List.of(),
                Right.CONFIG, List.of(),
                Right.READ, List.of(),
                Right.WRITE, List.of());
        assertThat(access(List.of(), List.of(), true, rights).rights(A.bits()))
                .isEqualTo(Access.ADMITTED);
    }

    @Test
    void rulesAreEqualWhateverTheOrderOfTheirAddresses() {
        assertThat(AccessRules.accepting(List.of(A, B, A)))
                .isEqualTo(AccessRules.accepting(List.of(B, A)));
    }

    @Test
    void aListThatIsTooLongIsRefused() {
        List<MacAddress> many = LongStream.rangeClosed(0, Limits.ACL_MAC_COUNT_MAX)
                .mapToObj(MacAddress::new)
                .toList();
        assertThatThrownBy(() -> AccessRules.accepting(many))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("too many");
    }

    private static Access access(
            List<MacAddress> deny,
            List<MacAddress> accept,
            boolean acceptsOthers,
            Map<Right, List<MacAddress>> rights) {
        return new Access(new AccessRules(deny, accept, acceptsOthers, rights));
    }
}
