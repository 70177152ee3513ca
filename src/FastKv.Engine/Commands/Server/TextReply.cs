using System.Text;
using FastKv.Protocol;

namespace FastKv.Engine.Commands.Server;

// Control plane. Replies made of managed strings, for COMMAND and its like.

/// <summary>Writes strings and enum sets with a <see cref="ReplyWriter"/>.</summary>
internal static class TextReply
{
    /// <summary>A bulk string.</summary>
    public static void Bulk(this ReplyWriter reply, string text) => reply.BulkString(Encoding.UTF8.GetBytes(text));

    /// <summary>A key and a bulk string of a map.</summary>
    public static void Pair(this ReplyWriter reply, string key, string value)
    {
        reply.Bulk(key);
        reply.Bulk(value);
    }

    /// <summary>A key and an integer of a map.</summary>
    public static void Pair(this ReplyWriter reply, string key, long value)
    {
        reply.Bulk(key);
        reply.Integer(value);
    }

    /// <summary>A simple string.</summary>
    public static void Status(this ReplyWriter reply, string text) => reply.SimpleString(Encoding.UTF8.GetBytes(text));

    /// <summary>A set of simple strings, each after <paramref name="prefix"/>.</summary>
    public static void StatusSet(this ReplyWriter reply, IReadOnlyCollection<string> names, string prefix = "")
    {
        reply.SetHeader(names.Count);
        foreach (string name in names)
            reply.Status(prefix + name);
    }
}
