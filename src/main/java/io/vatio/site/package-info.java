/// Places: home, office, plant, park. A site groups devices and has time zone, currency and
/// language.
/// One default site exists from the first start.
/// Small and rarely written: all sites are kept in memory.
@NullMarked
package io.vatio.site;

import org.jspecify.annotations.NullMarked;
