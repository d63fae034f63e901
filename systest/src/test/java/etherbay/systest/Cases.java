// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.AnnotationBasedArgumentsProvider;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Arguments of a parameterized test of which the first few are the {@link Share} of every build.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(Cases.Provider.class)
@interface Cases {
    /** One case each: arguments with commas between. */
    String[] value();

    /** How many of them; the others are combinations that tell least. */
    int share();

    /** Gives JUnit those that run. */
    final class Provider extends AnnotationBasedArgumentsProvider<Cases> {
        @Override
        protected Stream<? extends Arguments> provideArguments(
                ParameterDeclarations parameters, ExtensionContext context, Cases cases) {
            String[] all = cases.value();
            int count = Share.of(
                    cases.share(),
                    all.length,
                    "cases of " + context.getRequiredTestMethod().getName(),
                    context.getRequiredTestClass());
            return Arrays.stream(all, 0, count)
                    .map(each -> Arguments.of((Object[]) each.split(", *", -1)));
        }
    }
}
