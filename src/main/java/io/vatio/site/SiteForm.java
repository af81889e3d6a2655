package io.vatio.site;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Fields;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a person sends about a site; null for what the body does not say. Everything wrong with it
/// is said at once.
record SiteForm(
    @Nullable String name,
    @Nullable String description,
    @Nullable ZoneId zone,
    @Nullable String currency,
    @Nullable String language) {
  private static final int NAME = 200;
  private static final int DESCRIPTION = 2_000;
  private static final int SHOWN = 60;
  private static final List<String> LANGUAGES = List.of("es", "en");

  /// Reads a body.
  ///
  /// @param partial whether the name may be missing
  /// @throws Problem.Invalid naming every field that is wrong
  static SiteForm read(ObjectNode body, boolean partial) {
    Fields in = new Fields(body);
    SiteForm form =
        new SiteForm(
            partial && !in.has("nombre") ? null : in.text("nombre", NAME).strip(),
            in.has("descripcion") ? in.text("descripcion", DESCRIPTION, "") : null,
            in.has("zona_horaria") ? zone(in) : null,
            in.has("moneda") ? currency(in) : null,
            in.has("idioma") ? language(in) : null);
    in.check();
    return form;
  }

  private static @Nullable ZoneId zone(Fields in) {
    String name = in.text("zona_horaria", SHOWN);
    if (in.isFine("zona_horaria") && !ZoneId.getAvailableZoneIds().contains(name)) {
      in.fault("zona_horaria", Text.of("site.zone", name));
    }
    return in.isFine("zona_horaria") ? ZoneId.of(name) : null;
  }

  private static String currency(Fields in) {
    String code = in.text("moneda", SHOWN).toUpperCase(Locale.ROOT);
    if (in.isFine("moneda")
        && Currency.getAvailableCurrencies().stream()
            .noneMatch(known -> known.getCurrencyCode().equals(code))) {
      in.fault("moneda", Text.of("site.currency", code));
    }
    return code;
  }

  private static String language(Fields in) {
    String word = in.text("idioma", SHOWN);
    if (in.isFine("idioma") && !LANGUAGES.contains(word)) {
      in.fault("idioma", Text.of("http.not_a_choice", word));
    }
    return word;
  }

  /// The site with what this form says.
  Site applyTo(Site site, Instant now) {
    return new Site(
        site.id(),
        name == null ? site.name() : name,
        description == null ? site.description() : description,
        zone == null ? site.zone() : zone,
        currency == null ? site.currency() : currency,
        language == null ? site.language() : language,
        site.createdAt(),
        now);
  }
}
