using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>A snapshot is saved under the name under which it is looked for, whatever letters that has.</summary>
public sealed class SnapshotNameTests
{
    [Theory]
    [InlineData("plain.rdb")]
    [InlineData("schnappschuß-снимок-快照.rdb")]
    public void What_is_saved_is_loaded(string name)
    {
        using var folder = new TemporaryFolder();
        string[] options = ["--dir", folder.Path, "--dbfilename", name];
        using (var server = new FastKvProcess(1, options))
        {
            using RespClient client = server.Connect();
            Assert.Equal("OK", client.Call("SET", "k", "1").Text);
            Assert.Equal("OK", client.Call("SAVE").Text);
            Assert.Equal([name], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
            Assert.Equal("OK", client.Call("DEBUG", "RELOAD").Text);
            Assert.Equal("1", client.Call("GET", "k").Text);

            // FLUSHALL has the same in view.
            Assert.Equal("OK", client.Call("CONFIG", "SET", "save", "3600 1").Text);
            Assert.Equal("OK", client.Call("FLUSHALL").Text);
            Assert.Equal([name], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
            Assert.Equal("OK", client.Call("SET", "k", "2").Text);
            Assert.Equal(0, server.Stop());
        }
        using (var server = new FastKvProcess(1, options))
        {
            using RespClient client = server.Connect();
            Assert.Equal("2", client.Call("GET", "k").Text);
        }
    }
}
