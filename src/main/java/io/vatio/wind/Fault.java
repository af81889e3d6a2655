package io.vatio.wind;

import io.vatio.kernel.Text;

/// One thing that is wrong with a message.
///
/// @param field its name on the wire, empty when the message as a whole is wrong
/// @param type the word that programs compare, as the original system has it
/// @param text the sentence, with the field's name in it
record Fault(String field, String type, Text text) {}
