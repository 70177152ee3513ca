using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// The numbers of the RDB format: versions 1 to 12 (Redis 7.4), and Valkey's version 80 (Valkey 9.0), which shares all types of version 11 and has one of its
// own under a number that Redis uses for something else. A file:
//
//   REDIS 0010 or VALKEY 080 | auxiliary fields | functions | per database: select, resize, records | end | CRC-64
//
// A record is what the key has besides its value (expiry, idle time or frequency), the type of its value, key, value.

/// <summary>The byte before a key: what follows it is a value of that type.</summary>
internal enum RdbType : short
{
    String = 0,
    List = 1,
    Set = 2,

    /// <summary>Scores as text.</summary>
    SortedSet = 3,
    Hash = 4,

    /// <summary>Scores as eight bytes.</summary>
    SortedSet2 = 5,

    /// <summary>Of release candidates of Redis 4.0; nobody can skip it.</summary>
    ModulePreRelease = 6,

    /// <summary>A module's value, annotated so that it can be skipped.</summary>
    Module2 = 7,
    HashZipmap = 9,
    ListZiplist = 10,
    SetIntset = 11,
    SortedSetZiplist = 12,
    HashZiplist = 13,

    /// <summary>Nodes are ziplists.</summary>
    ListQuicklist = 14,
    StreamListpacks = 15,
    HashListpack = 16,
    SortedSetListpack = 17,

    /// <summary>Nodes are listpacks or plain elements.</summary>
    ListQuicklist2 = 18,

    /// <summary>With first ID, largest deleted ID and count of entries added (Redis 7.0).</summary>
    StreamListpacks2 = 19,

    /// <summary>Redis 7.2.</summary>
    SetListpack = 20,

    /// <summary>With the time at which consumers were active (Redis 7.2).</summary>
    StreamListpacks3 = 21,

    /// <summary>Fields with times to live, of release candidates of Redis 7.4: times are absolute.</summary>
    HashTimesPreRelease = 22,

    /// <summary>The same in a listpack.</summary>
    HashListpackTimesPreRelease = 23,

    /// <summary>Fields with times to live, relative to the least (Redis 7.4).</summary>
    HashTimes = 24,

    /// <summary>A listpack of field, value, time (Redis 7.4).</summary>
    HashListpackTimes = 25,

    /// <summary>Field, value, Unix time or −1 (Valkey 9.0): 22 in its files, where <see cref="RdbFormat.TryType"/> finds it. No byte is this number.</summary>
    HashTimesValkey = 0x116,
}

/// <summary>The byte where no type stands: something about the file.</summary>
internal enum RdbOpcode : byte
{
    /// <summary>An import of slots that was going on (Valkey 9.0 in a cluster).</summary>
    SlotImport = 243,

    /// <summary>Figures of a slot, to presize its table (Redis 7.4 in a cluster).</summary>
    SlotInfo = 244,

    /// <summary>The code of a function library.</summary>
    Function = 245,

    /// <summary>Of release candidates of Redis 7.0.</summary>
    FunctionPreRelease = 246,

    /// <summary>A module's data outside of keys.</summary>
    ModuleAuxiliary = 247,
    Idle = 248,
    Frequency = 249,

    /// <summary>A name and a value about the file.</summary>
    Auxiliary = 250,
    ResizeDatabase = 251,
    ExpireMilliseconds = 252,
    ExpireSeconds = 253,
    SelectDatabase = 254,
    End = 255,
}

/// <summary>What has no better place.</summary>
internal static class RdbFormat
{
    /// <summary>The version that everything but field expiry fits: redis-server 7.0 reads it.</summary>
    public const int VersionCommon = 10;

    /// <summary>Hashes with expiring fields: Redis 7.4.</summary>
    public const int VersionFieldExpiry = 12;

    /// <summary>The newest version that can be read.</summary>
    public const int VersionMax = 12;

    /// <summary>Valkey's version: those between Redis's newest and this one are nobody's, or Redis's to come.</summary>
    public const int VersionValkey = 80;

    private const int HashTimesValkeyCode = 22;

    /// <summary>Version and checksum at the end of a DUMP payload.</summary>
    public const int DumpFooterBytes = 10;

    /// <summary>Bytes of "REDIS0010".</summary>
    public const int MagicBytes = 9;

    public const int ContainerPlain = 1;
    public const int ContainerPacked = 2;

    // The upper two bits of a length: 6 bits, 14 bits, 32 or 64 bits, or an encoded string.
    public const int Length14 = 0x40;
    public const int Length32 = 0x80;
    public const int Length64 = 0x81;
    public const int Encoded = 0xC0;
    public const int EncodedInt8 = 0;
    public const int EncodedInt16 = 1;
    public const int EncodedInt32 = 2;
    public const int EncodedLzf = 3;

    public const int ModuleEnd = 0;
    public const int ModuleSigned = 1;
    public const int ModuleUnsigned = 2;
    public const int ModuleFloat = 3;
    public const int ModuleDouble = 4;
    public const int ModuleString = 5;

    /// <summary>Whether bytes are the beginning of an RDB file, of whatever version.</summary>
    public static bool IsMagic(ReadOnlySpan<byte> bytes) => bytes.StartsWith("REDIS"u8) || bytes.StartsWith("VALKEY"u8);

    /// <summary>The version that the signature of a file tells; 0: none that can be read.</summary>
    /// <param name="signature">The first <see cref="MagicBytes"/> bytes.</param>
    /// <param name="isValkey">Whether it is one of Valkey's own.</param>
    public static int VersionOf(ReadOnlySpan<byte> signature, out bool isValkey)
    {
        isValkey = signature.StartsWith("VALKEY"u8);
        int version = NumberOf(signature);
        return (isValkey ? version == VersionValkey : version <= VersionMax) ? version : 0;
    }

    /// <summary>The number in a signature, as C's atoi reads it and therefore Redis: up to what is no digit.</summary>
    public static int NumberOf(ReadOnlySpan<byte> signature)
    {
        var digits = signature[(signature.StartsWith("VALKEY"u8) ? "VALKEY"u8.Length : "REDIS"u8.Length)..].TrimStart(" \t\n\v\f\r"u8);
        int number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                break;
            number = (number * 10) + digit - '0';
        }
        return number;
    }

    /// <summary>The type that a byte of a file means; false: none, or an opcode.</summary>
    public static bool TryType(byte code, bool isValkey, out RdbType type)
    {
        type = (RdbType)code;
        if (!isValkey || code <= (byte)RdbType.StreamListpacks3)
            return code <= (byte)RdbType.HashListpackTimes;
        type = RdbType.HashTimesValkey;
        return code == HashTimesValkeyCode;
    }

    /// <summary>The version that a file needs to have for a value of a type that is written.</summary>
    public static int VersionOf(RdbType type) => type > RdbType.StreamListpacks2 ? VersionFieldExpiry : VersionCommon;
}
