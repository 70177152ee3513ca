namespace FastKv.Structures;

// One keyspace entry, one heap block:
//   0        1      2..4     5        6..7      8        ...
//   +--------+------+--------+--------+---------+--------+-----------+------+---------------------------+
//   | type/  | flags| access | key    | inline  | expiry | long key  | key  | inline value bytes        |
//   | enc    |      | clock24| length | value   | ms (8) | length(4) |      | or 8-byte integer         |
//   |        |      |        | u8     | len u16 | if TTL | if 255    |      | or {ptr 8,len 8,cap 8}    |
//   +--------+------+--------+--------+---------+--------+-----------+------+---------------------------+
public enum ValueType : byte { String = 0, List = 1, Set = 2, SortedSet = 3, Hash = 4, Stream = 5 }

public enum ValueEncoding : byte { Int = 0, EmbeddedString = 1, Raw = 2 }
