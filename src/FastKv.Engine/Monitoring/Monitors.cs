using System.Text;
using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Messages;
using FastKv.Protocol;

namespace FastKv.Engine.Monitoring;

// Control plane: while there is a monitor, every command is shown by whoever runs it, and sent through the mailboxes. Commands that one client sees in an
// order, and those that one shard runs, reach a monitor in that order.
//
//   +1339518083.107412 [0 127.0.0.1:60866] "keys" "*"

/// <summary>The clients that watch what all others do (MONITOR).</summary>
internal sealed unsafe class Monitors(FastKvServer server)
{
    /// <summary>More than the time, the database and the brackets take.</summary>
    private const int FrameBytes = 64;

    private readonly FastKvServer _server = server;
    private readonly Lock _lock = new();

    /// <summary>Replaced as a whole.</summary>
    private volatile Receiver[] _receivers = [];

    /// <summary>Makes a client a monitor; on its loop.</summary>
    public void Add(Client client)
    {
        lock (_lock)
        {
            _receivers = [.. _receivers, client.Receiver];
            if (_receivers.Length == 1)
                _server.SetCommonGate(ClientGate.Monitored, isOn: true);
        }
        client.Gate |= ClientGate.IsMonitor;
    }

    /// <summary>A client is no monitor any more, if it was one; on its loop.</summary>
    public void Remove(Client client)
    {
        if ((client.Gate & ClientGate.IsMonitor) == 0)
            return;
        client.Gate &= ~ClientGate.IsMonitor;
        lock (_lock)
        {
            _receivers = [.. _receivers.Where(receiver => receiver != client.Receiver)];
            if (_receivers.Length == 0)
                _server.SetCommonGate(ClientGate.Monitored, isOn: false);
        }
    }

    /// <summary>
    /// Shows a command that a client has called; on the thread that runs it. EXEC is shown behind the commands of its transaction, so by EXEC itself.
    /// </summary>
    public void Feed(Client client, ref CommandContext context, bool isWithinExec)
    {
        var command = context.Command;
        if ((command.Flags & (CommandFlags.SkipMonitor | CommandFlags.Admin)) != 0 || (command.Route == CommandRoute.Transaction && !isWithinExec))
            return;
        var receivers = _receivers;
        if (receivers.Length == 0)
            return;
        long length = FrameBytes + client.Address.Length;
        for (int i = 0; i < context.Count; i++)
            length += 1 + QuotedText.LengthOf(Shown(ref context, i));
        var message = Write(client, ref context, length);
        foreach (var receiver in receivers)
            _server.Loops[receiver.Loop].Mailbox.Post(receiver, message);
        message.Release();
    }

    private static ReadOnlySpan<byte> Shown(ref CommandContext context, int index) =>
        SecretArguments.IsSecret(context.Command, context.Arguments, context.Count, index) ? SecretArguments.Placeholder : context[index];

    private Message Write(Client client, ref CommandContext context, long bytesMax)
    {
        Span<byte> frame = stackalloc byte[FrameBytes];
        var text = new SpanText(frame);
        long now = _server.Clock.UnixMicroseconds;
        Span<char> fraction = stackalloc char[6];
        (now % 1_000_000).TryFormat(fraction, out _, "D6", System.Globalization.CultureInfo.InvariantCulture);
        text.Add("+"u8);
        text.Add(now / 1_000_000);
        text.Add("."u8);
        text.AddAscii(fraction);
        text.Add(" ["u8);
        text.Add(client.Database);
        text.Add(client.IsUnixSocket ? " unix:"u8 : " "u8);
        var writer = new MessageWriter(bytesMax, MessageFlags.IsReply);
        writer.Raw(text.Written);
        writer.Raw(Encoding.Latin1.GetBytes(client.IsUnixSocket ? _server.Options.UnixSocket ?? "" : client.Address));
        writer.Raw("]"u8);
        for (int i = 0; i < context.Count; i++)
        {
            writer.Raw(" "u8);
            QuotedText.Write(ref writer, Shown(ref context, i));
        }
        writer.Raw("\r\n"u8);
        return writer.End();
    }
}
