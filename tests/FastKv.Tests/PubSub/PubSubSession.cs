using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.PubSub;

/// <summary>
/// Several clients of one server that subscribe and publish. After each step every client sends a PING and reads up to its reply, by which all that the
/// step has sent to anybody has arrived; so the transcript of the same steps is the same on every server, but for what has no order there
/// (see <see cref="Arrange"/>).
/// </summary>
public sealed class PubSubSession : IDisposable
{
    private readonly ServerProcess _server;
    private readonly RespClient _control;
    private readonly RespClient?[] _clients;
    private readonly int _protocol;
    private int _token;

    /// <summary>Connects the clients, and one that observes.</summary>
    public PubSubSession(ServerProcess server, int clients, int protocol)
    {
        _server = server;
        _protocol = protocol;
        _control = server.Connect();
        _control.Call("PING");
        _clients = new RespClient?[clients];
        for (int i = 0; i < clients; i++)
            Open(i);
    }

    /// <summary>Has a client send commands in one piece; returns what all clients received.</summary>
    public string Step(int client, params string[][] commands)
    {
        _clients[client]!.SendRaw(commands.SelectMany(command => RespClient.Encode(command)).ToArray());
        var text = new StringBuilder(Receive(client));
        for (int i = 0; i < _clients.Length; i++)
        {
            if (i != client)
                text.Append(Receive(i));
        }
        return text.ToString();
    }

    /// <summary>Closes a client's connection, waits until the server has noticed, and opens another.</summary>
    public void Reconnect(int client)
    {
        _clients[client]!.Dispose();
        while (Connected() != _clients.Length)
            Thread.Sleep(1);
        Open(client);
    }

    /// <summary>What the server says about itself: the clients' subscriptions and modes, and INFO's counts.</summary>
    public string State()
    {
        var text = new StringBuilder();
        var lines = _control.Call("CLIENT", "LIST").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ').Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[1]));
        foreach (var fields in lines.OrderBy(fields => int.Parse(fields["id"])))
        {
            text.AppendJoin(' ', fields["flags"], fields["sub"], fields["psub"], fields["ssub"], fields["resp"]).Append('\n');
        }
        text.Append(_control.Call("CLIENT", "LIST", "TYPE", "pubsub").Text.Split('\n').Length).Append(" subscribers\n");

        // INFO does not touch the shards: it sees that a client has gone when they have looked at their channels once more.
        _control.Call("PUBSUB", "CHANNELS");
        foreach (string line in _control.Call("INFO", "stats").Text.Split("\r\n"))
        {
            if (line.StartsWith("pubsub", StringComparison.Ordinal))
                text.Append(line).Append('\n');
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RespClient? client in _clients)
            client?.Dispose();
        while (Connected() != 1)
            Thread.Sleep(1);
        _control.Dispose();
    }

    private void Open(int client)
    {
        _clients[client] = _server.Connect();
        _clients[client]!.Call("HELLO", _protocol.ToString());
    }

    private int Connected()
    {
        string info = _control.Call("INFO", "clients").Text;
        int start = info.IndexOf("connected_clients:", StringComparison.Ordinal) + "connected_clients:".Length;
        return int.Parse(info.AsSpan(start, info.IndexOf('\r', start) - start));
    }

    private string Receive(int client)
    {
        string token = $"token-{_token++}";
        _clients[client]!.Send("PING", token);
        var frames = new List<RespFrame>();
        while (true)
        {
            RespFrame frame = _clients[client]!.Read();
            if (frame.Text == token || (frame.Items is { Length: 2 } items && items[0].Text == "pong" && items[1].Text == token))
                break;
            frames.Add(frame);
        }
        return string.Concat(Arrange(frames).Select(text => $"{client}: {text}\n"));
    }

    /// <summary>
    /// Takes out what differs by design or by chance: PUBSUB CHANNELS and UNSUBSCRIBE list names in the order of a hash table; so do patterns that match the
    /// same message; a client that publishes to itself gets the reply first here (as in Redis from 7.2 on), and the message first from Redis 7.0; channels of
    /// several shards have no common order.
    /// </summary>
    private static List<string> Arrange(List<RespFrame> frames)
    {
        var replies = new List<string>();
        var messages = new List<(string Payload, string Text)>();
        var unsubscribed = new List<string>();
        foreach (RespFrame frame in frames)
        {
            string kind = frame.Items is { Length: > 1 } items && items[0].Payload is not null ? items[0].Text : "";
            if (kind is "message" or "pmessage" or "smessage")
            {
                messages.Add((frame.Items![^1].Text, frame.ToString()));
            }
            else if (kind is "unsubscribe" or "punsubscribe" or "sunsubscribe")
            {
                unsubscribed.Add(frame.Items![1].ToString());
                replies.Add($"{frame.Type} {kind} {frame.Items[2]}");
            }
            else if (kind == "server")
            {
                replies.Add($"{frame.Type} greeting");
            }
            else if (frame.Items is not null && frame.Type == '*' && frame.Items.All(item => item.Type == '$'))
            {
                replies.Add($"{frame.Type}[{frame.Items.Length}] {string.Join(' ', frame.Items.Select(item => item.ToString()).Order())}");
            }
            else
            {
                replies.Add(frame.ToString());
            }
        }
        unsubscribed.Sort(StringComparer.Ordinal);
        messages.Sort((a, b) => string.CompareOrdinal(a.Payload + a.Text, b.Payload + b.Text));
        return [.. replies, .. unsubscribed, .. messages.Select(message => message.Text)];
    }
}
