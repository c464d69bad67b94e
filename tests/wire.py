"""How tests speak to a validator: HTTP over TLS 1.3, believed only by the key that the network file pins (docs/adr/0060)."""
import http.client
import json
import pathlib
import ssl

ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")      # RFC 8410: what stands before the 32 bytes of the key


def members(network_file):
    """[(address, port, key)] of a network file, in its order."""
    found = []
    for member in json.loads(pathlib.Path(network_file).read_text())["validators"]:
        address, port = member["api"].rsplit(":", 1)
        found.append((address.strip("[]"), int(port), bytes.fromhex(member["api_key"])))
    return found


def context():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE                            # names mean nothing; the key is looked at instead
    return tls


def get(member, path, timeout=2):
    """The body of a 200 or 503 (an unhealthy validator says why); OSError otherwise, and for another key."""
    address, port, key = member
    connection = http.client.HTTPSConnection(address, port, timeout=timeout, context=context())
    try:
        connection.connect()
        certificate = connection.sock.getpeercert(binary_form=True)
        if certificate.count(ED25519_SPKI + key) != 1:
            raise OSError("the peer has another key")
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except http.client.HTTPException as broken:
        raise OSError(str(broken)) from broken
    finally:
        connection.close()
    if response.status not in (200, 503):
        raise OSError("status %d for %s" % (response.status, path))
    return body
