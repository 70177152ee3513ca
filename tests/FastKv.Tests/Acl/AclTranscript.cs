using System.Net.Sockets;
using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Acl;

/// <summary>
/// Runs a script against a server and keeps what its clients were told. A line is <c>client> command arg …</c>; the clients connect when they first speak.
/// What differs from run to run (ages, addresses, ids) is left out.
/// </summary>
internal sealed class AclTranscript(ServerProcess server, int protocol) : IDisposable
{
    private static readonly string[] ComparedInfo = ["db=", "multi=", "cmd=", "user=", "resp=", "name="];

    private readonly Dictionary<string, RespClient> _clients = [];
    private readonly StringBuilder _text = new();

    /// <summary>The transcript of a script.</summary>
    public string Run(string script)
    {
        foreach (string line in script.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int mark = line.IndexOf("> ", StringComparison.Ordinal);
            Step(line[..mark], line[(mark + 2)..].Split(' ').Select(word => word == "\"\"" ? "" : word).ToArray());
        }
        return _text.ToString();
    }

    public void Dispose()
    {
        foreach (RespClient client in _clients.Values)
            client.Dispose();
    }

    private void Step(string name, string[] words)
    {
        _text.Append(name).Append("> ").AppendJoin(' ', words).Append('\n');
        try
        {
            if (!_clients.TryGetValue(name, out RespClient? client))
                _clients.Add(name, client = Connect());
            _text.Append(Shown(client.Call(words))).Append('\n');
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException)
        {
            _text.Append("closed\n");
            _clients.Remove(name, out RespClient? gone);
            gone?.Dispose();
        }
    }

    private RespClient Connect()
    {
        RespClient client = server.Connect();
        if (protocol == 3)
            client.Call("HELLO", "3");
        return client;
    }

    private static string Shown(RespFrame frame)
    {
        if (frame.Items is not { } items)
            return frame.ToString();
        var text = new StringBuilder($"{frame.Type}[{items.Length}]");
        for (int i = 0; i < items.Length; i++)
        {
            string before = i > 0 ? items[i - 1].Text : "";
            text.Append(' ').Append(before switch
            {
                "client-info" => string.Join(' ', items[i].Text.Split(' ').Where(field => ComparedInfo.Any(field.StartsWith))),
                "age-seconds" => "age",
                "id" or "version" => "…",
                _ => Shown(items[i]),
            });
        }
        return text.ToString();
    }
}
