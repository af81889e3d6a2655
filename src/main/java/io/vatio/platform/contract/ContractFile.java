package io.vatio.platform.contract;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A step of the build: writes the contract as JSON, which a program reads thirty times faster than
/// YAML.
public final class ContractFile {
  private ContractFile() {}

  /// @param arguments the YAML file, the JSON file
  public static void main(String[] arguments) throws IOException {
    byte[] json = Json.bytes(new YAMLMapper().readTree(Files.readString(Path.of(arguments[0]))));
    Files.write(Path.of(arguments[1]), json);
  }
}
