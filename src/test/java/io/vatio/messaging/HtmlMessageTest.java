package io.vatio.messaging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HtmlMessageTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          <p>Hola <b>Ana</b></p>                        | <p>Hola <b>Ana</b></p>
          <P CLASS="x" onclick='y()'>a</P>              | <p>a</p>
          <p>a<script>alert(1)</script>b                | <p>ab</p>
          <p>a<style>p{}</style>b</p>                   | <p>ab</p>
          <img src=x onerror=alert(1)><p>a</p>          | <p>a</p>
          <p>a</p></div></body>b                        | <p>a</p>b
          <b>a<i>b</b>c</i>                             | <b>a<i>b</i></b>c
          <p>1 < 2 & 3 > 2 &copy; &lt;b&gt;</p>         | <p>1 &lt; 2 &amp; 3 &gt; 2 &amp;copy; &lt;b&gt;</p>
          <a href="https://v.example/?a=1&b=2">x</a>    | <a href="https://v.example/?a=1&amp;b=2">x</a>
          <a href="javascript:alert(1)">x</a>           | <a>x</a>
          <a href="java&#115;cript:alert(1)">x</a>      | <a>x</a>
          <a href=" JaVaScRiPt:alert(1)">x</a>          | <a>x</a>
          <a href="data:text/html,x">x</a>              | <a>x</a>
          <a href="https://a.b/&quot; onload=&quot;x">x</a> | <a>x</a>
          <a href="https://a.b/x>y" onclick="z">x</a>   | <a>y&quot; onclick=&quot;z&quot;&gt;x</a>
          <p>a<!-- <script> -->b<!-- c                  | <p>ab</p>
          <scr<script>ipt>alert(1)</script>             | <p>&lt;scr</p>
          <svg><p onload=x>a</p></svg><p>b</p>          | <p>b</p>
          """)
  void keeps_few_tags_and_nothing_that_runs(String message, String html) {
    assertEquals(html, HtmlMessage.of(message).html());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          <h3>Aviso</h3><p>uno<br>dos</p>                | Aviso~uno~dos
          <ul><li>a</li><li>b</li></ul>c                 | - a~- b~c
          <a href="https://v.example/x">aquí</a>         | aquí (https://v.example/x)
          <a href="https://v.example/x">https://v.example/x</a> | https://v.example/x
          <p>&lt;b&gt; &amp; &euro; &#8364;</p>          | <b> & &euro; €
          """)
  void the_plain_form_says_the_same(String message, String text) {
    assertEquals(text.replace('~', '\n'), HtmlMessage.of(message).text());
  }
}
