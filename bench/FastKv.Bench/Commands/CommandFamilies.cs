// The commands that are measured, family by family: lines of RequestBlock over string keys that exist, 16 bytes each, with 16-byte values.
namespace FastKv.Bench.Commands;

/// <summary>Representative commands of the data plane.</summary>
internal static class CommandFamilies
{
    /// <summary>What every measurement starts from.</summary>
    public const string Preload = "SET key:{next} abcdefghijklmnop ; SET num:{next} 17 ; SETBIT bit:{next} 100 1 ; SET ttl:{next} abcdefghijklmnop EX 100000";

    /// <summary>GET and SET, and what else is made of them.</summary>
    public static readonly string[] Strings =
    [
        "GET key:{key}",
        "SET key:{key} abcdefghijklmnop",
        "SET key:{key} abcdefghijklmnop XX GET",
        "SETNX key:{key} abcdefghijklmnop",
        "GETSET key:{key} abcdefghijklmnop",
        "SET del:{key} abcdefghijklmnop ; GETDEL del:{key}",
        "MGET key:{key} num:{key} ttl:{key} key:{next}",
        "MSET key:{key} abcdefghijklmnop ttl:{key} abcdefghijklmnop",
        "INCR num:{key}",
        "INCRBY num:{key} 12345",
        "DECR num:{key}",
        "SET flo:{key} 10.5 ; INCRBYFLOAT flo:{key} 0.25",
        "SET app:{key} abcdefgh ; APPEND app:{key} ijklmnop",
        "STRLEN key:{key}",
        "GETRANGE key:{key} 2 9",
        "SETRANGE key:{key} 4 xyz",
        "LCS key:{key} ttl:{key} LEN",
        "DIGEST key:{key}",
    ];

    /// <summary>Bits of short strings.</summary>
    public static readonly string[] Bitmaps =
    [
        "SETBIT bit:{key} 77 1",
        "GETBIT bit:{key} 100",
        "BITCOUNT bit:{key}",
        "BITPOS bit:{key} 1",
        "BITOP OR bit:{key} bit:{key} bit:{next}",
        "BITFIELD bit:{key} SET u8 8 200 GET u8 8 INCRBY u8 8 1",
        "BITFIELD_RO bit:{key} GET u8 8",
    ];

    /// <summary>Keys of any type.</summary>
    public static readonly string[] Generic =
    [
        "EXISTS key:{key}",
        "TYPE key:{key}",
        "TOUCH key:{key}",
        "SET del:{key} abcdefghijklmnop ; DEL del:{key}",
        "SET del:{key} abcdefghijklmnop ; UNLINK del:{key}",
        "SET ren:{key} abcdefghijklmnop ; RENAME ren:{key} rem:{key}",
        "COPY key:{key} cop:{key} REPLACE",
        "RANDOMKEY",
        "SCAN 0 COUNT 10",
        "OBJECT ENCODING key:{key}",
        "DBSIZE",
    ];

    /// <summary>Times to live.</summary>
    public static readonly string[] Expiry =
    [
        "SET ttl:{key} abcdefghijklmnop EX 100000",
        "EXPIRE ttl:{key} 100000",
        "PEXPIREAT ttl:{key} 9000000000000",
        "EXPIRE ttl:{key} 100000 GT",
        "TTL ttl:{key}",
        "PTTL ttl:{key}",
        "EXPIRETIME ttl:{key}",
        "GETEX ttl:{key} EX 100000",
        "SET per:{key} abcdefghijklmnop EX 100000 ; PERSIST per:{key}",
    ];

    /// <summary>The session.</summary>
    public static readonly string[] Connection =
    [
        "PING",
        "ECHO abcdefghijklmnop",
        "SELECT 0",
        "CLIENT ID",
        "CLIENT NO-TOUCH ON",
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<(string Family, string Line)> All =>
        [.. From("strings", Strings), .. From("bitmaps", Bitmaps), .. From("generic", Generic), .. From("expiry", Expiry), .. From("connection", Connection)];

    private static IEnumerable<(string Family, string Line)> From(string family, string[] lines) => lines.Select(line => (family, line));
}
