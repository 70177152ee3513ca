namespace FastKv.Structures;

// One keyspace entry, one heap block:
//   0        1      2..4     5        6..7      8        ...
//   +--------+------+--------+--------+---------+--------+-----------+------+---------------------------+
//   | type/  | flags| access | key    | inline  | expiry | long key  | key  | inline value bytes        |
//   | enc    |      | clock24| length | value   | ms (8) | length(4) |      | or 8-byte integer         |
//   |        |      |        | u8     | len u16 | if TTL | if 255    |      | or {ptr 8,len 8,cap 8}    |
//   |        |      |        |        |         |        |           |      | or 8-byte native pointer  |
//   +--------+------+--------+--------+---------+--------+-----------+------+---------------------------+
//
// The inline length is that of whatever stands behind the key: so the size of the block follows from its header alone, whatever the
// type. 16-byte key and value: 40 bytes, 48 with an expiry.

/// <summary>The data type of a value.</summary>
public enum ValueType : byte
{
    /// <summary>A string; <see cref="StringEntry"/>.</summary>
    String = 0,

    /// <summary>A list.</summary>
    List = 1,

    /// <summary>A set.</summary>
    Set = 2,

    /// <summary>A sorted set.</summary>
    SortedSet = 3,

    /// <summary>A hash.</summary>
    Hash = 4,

    /// <summary>A stream.</summary>
    Stream = 5,
}

/// <summary>How a value is represented, as OBJECT ENCODING tells it. Four bits.</summary>
public enum ValueEncoding : byte
{
    /// <summary>A string that is the canonical text of a signed 64-bit integer, kept as the integer ("int").</summary>
    Int = 0,

    /// <summary>A string of up to 44 bytes that was not modified in place ("embstr").</summary>
    EmbeddedString = 1,

    /// <summary>Any other string ("raw"); inline or external.</summary>
    Raw = 2,

    /// <summary>A compact value of elements one behind the other ("listpack"); <see cref="Structures.Listpack"/>.</summary>
    Listpack = 3,

    /// <summary>A hash in a listpack whose fields may expire ("listpackex").</summary>
    ListpackEx = 4,

    /// <summary>A compact value of sorted integers ("intset").</summary>
    IntSet = 5,

    /// <summary>A native structure around a table ("hashtable").</summary>
    HashTable = 6,

    /// <summary>A native structure of a tree ordered by score and a table ("skiplist", as Redis calls its own).</summary>
    SkipList = 7,

    /// <summary>A native structure of linked listpacks ("quicklist").</summary>
    QuickList = 8,

    /// <summary>A native structure of blocks ordered by ID ("stream").</summary>
    Stream = 9,
}

/// <summary>What stands behind the key of an entry, and other variations of the layout.</summary>
[Flags]
public enum EntryFlags : byte
{
    /// <summary>Key of up to 254 bytes, no expiry, value bytes inline.</summary>
    None = 0,

    /// <summary>There is an expiry at offset 8.</summary>
    HasExpiry = 1,

    /// <summary>The key has 255 bytes or more; its length is in 4 bytes before it.</summary>
    LongKey = 2,

    /// <summary>The value is an <see cref="Structures.ExternalValue"/>: a buffer of its own.</summary>
    ExternalValue = 4,

    /// <summary>The value is a native pointer of 8 bytes to a structure that the type knows.</summary>
    PointerValue = 8,

    /// <summary>One bit of the generation to which the entry belongs: a snapshot begins a new one, and what is of the old one has yet to be saved.</summary>
    Generation = 16,
}

/// <summary>A value that is too long to stand in its entry.</summary>
public unsafe struct ExternalValue
{
    /// <summary>A heap block of <see cref="Capacity"/> bytes.</summary>
    public byte* Data;

    /// <summary>Bytes in use.</summary>
    public long Length;

    /// <summary>Bytes of the block.</summary>
    public long Capacity;
}
