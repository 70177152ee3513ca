using System.Text;
using FastKv.Engine.Persistence;

namespace FastKv.Engine.Commands.Server;

/// <summary>DEBUG DIGEST and DEBUG DIGEST-VALUE. Control plane.</summary>
internal static class DebugDigest
{
    public static void OfAll(ref CommandContext context)
    {
        Span<byte> digest = stackalloc byte[DatasetDigest.Bytes];
        DatasetDigest.OfAll(context.Partitions, digest);
        context.Reply.SimpleString(Hexadecimal(digest));
    }

    /// <summary>Of keys that need not exist: zeros then.</summary>
    public static void OfValues(ref CommandContext context)
    {
        Span<byte> digest = stackalloc byte[DatasetDigest.Bytes];
        context.Reply.ArrayHeader(context.Count - 2);
        for (int i = 2; i < context.Count; i++)
        {
            digest.Clear();
            var key = context.Key(i);
            var database = context.Database(key);
            var entry = database.Peek(key);
            if (!entry.IsNull)
                DatasetDigest.OfValue(database.Values, entry, digest);
            context.Reply.SimpleString(Hexadecimal(digest));
        }
    }

    private static byte[] Hexadecimal(ReadOnlySpan<byte> digest) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(digest));
}
