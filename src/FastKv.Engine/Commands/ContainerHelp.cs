namespace FastKv.Engine.Commands;

// Control plane. The HELP subcommand of every container.

/// <summary>The reply to <c>CLIENT HELP</c> and the like.</summary>
internal static class ContainerHelp
{
    /// <summary>
    /// Replies with an array of simple strings: the usual header, <paramref name="lines"/>, and the lines on HELP itself.
    /// </summary>
    /// <param name="c">The running HELP.</param>
    /// <param name="container">Name in upper case.</param>
    /// <param name="lines">A line per subcommand (<c>LIST [TYPE …]</c>) each followed by lines indented by four spaces; separated by line feeds.</param>
    public static void Reply(ref CommandContext c, ReadOnlySpan<byte> container, ReadOnlySpan<byte> lines)
    {
        var reply = c.Reply;
        reply.ArrayHeader((lines.IsEmpty ? 0 : lines.Count((byte)'\n') + 1) + 3);
        Span<byte> header = stackalloc byte[128];
        var tail = " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"u8;
        container.CopyTo(header);
        tail.CopyTo(header[container.Length..]);
        reply.SimpleString(header[..(container.Length + tail.Length)]);
        while (!lines.IsEmpty)
        {
            int end = lines.IndexOf((byte)'\n');
            reply.SimpleString(end < 0 ? lines : lines[..end]);
            lines = end < 0 ? default : lines[(end + 1)..];
        }
        reply.SimpleString("HELP"u8);
        reply.SimpleString("    Prints this help."u8);
    }
}
