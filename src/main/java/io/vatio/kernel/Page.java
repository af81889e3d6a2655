package io.vatio.kernel;

import java.util.List;

/// One page of a longer list.
///
/// @param total length of the whole list
/// @param items of this page
public record Page<T>(long total, List<T> items) {
  public Page {
    items = List.copyOf(items);
  }
}
